//! The programs that documents are read with, by what is there on the path.

use std::path::Path;

use super::Finding;

/// Program, Debian package, whether the appliance needs it, and what does not work without it.
const TOOLS: [(&str, &str, bool, &str); 6] = [
    ("pdftotext", "poppler-utils", true, "PDFs cannot be read"),
    ("pdftoppm", "poppler-utils", true, "scanned PDFs cannot be read"),
    ("pdfinfo", "poppler-utils", true, "PDFs cannot be read"),
    ("tesseract", "tesseract-ocr", false, "scanned documents and images cannot be read"),
    ("psql", "postgresql-client", false, "the database cannot be looked at by hand"),
    ("openssl", "openssl", false, "certificates cannot be looked at by hand"),
];

pub(super) fn checks() -> Vec<Finding> {
    TOOLS
        .iter()
        .map(|tool| {
            check(tool, |name| {
                ["/usr/bin", "/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(name).exists())
            })
        })
        .collect()
}

fn check(
    (name, package, needed, without): &(&'static str, &str, bool, &'static str),
    there: impl Fn(&str) -> bool,
) -> Finding {
    let todo = format!("apt install {package}");
    match (there(name), needed) {
        (true, _) => Finding::ok(name, "is installed"),
        (false, true) => Finding::error(name, "is not installed", without, todo),
        (false, false) => Finding::warning(name, "is not installed", without, todo),
    }
}
