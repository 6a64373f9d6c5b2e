//! ZIP archives, unpacked inside the sandbox. What an archive says about itself is not believed: sizes are counted
//! while unpacking, and a member's name is a label that never becomes a path.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::protocol::finding;
use super::{ErrorCode, ExtractError, ExtractLimits, MediaType, media};
use crate::model::profile::Finding;

/// Below this many bytes a high ratio is harmless: an empty form or a picture of one colour shrinks well.
const RATIO_FLOOR: u64 = 10 << 20;
/// Characters of a label.
const NAME_CHARS: usize = 255;

/// Takes a label and the content of a member.
pub(super) type Give<'a> = dyn FnMut(&str, &[u8]) -> Result<(), ExtractError> + 'a;

/// Hands each file of the archive to `give`; returns what was left out.
pub(super) fn unpack(bytes: &[u8], limits: &ExtractLimits, give: &mut Give<'_>) -> Result<Vec<Finding>, ExtractError> {
    let mut state = State { limits, give, entries: 0, total: 0, findings: Vec::new(), skipped_deep: 0 };
    state.archive(bytes, 1)?;
    if state.entries == 0 && state.skipped_deep > 0 {
        let detail =
            format!("The archive holds archives nested more than {} deep and nothing else.", limits.archive_depth);
        return Err(ExtractError::new(ErrorCode::ArchiveTooDeep, detail));
    }
    Ok(state.findings)
}

struct State<'a, 'g> {
    limits: &'a ExtractLimits,
    give: &'a mut Give<'g>,
    entries: usize,
    total: u64,
    findings: Vec<Finding>,
    skipped_deep: usize,
}

impl State<'_, '_> {
    /// Recursion ends at the allowed depth.
    fn archive(&mut self, bytes: &[u8], depth: u32) -> Result<(), ExtractError> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ExtractError::damaged("archive", error))?;
        if zip.len() > self.limits.archive_entries {
            return Err(self.too_many(zip.len()));
        }
        for index in 0..zip.len() {
            let raw = zip.name_for_index(index).transpose().ok().flatten().unwrap_or_default().into_owned();
            let Some(name) = label(&raw) else { continue };
            let file = match zip.by_index(index) {
                Ok(file) => file,
                Err(error) => {
                    let encrypted = error.to_string().to_lowercase().contains("password");
                    let kind = if encrypted { "member_encrypted" } else { "member_damaged" };
                    self.findings.push(finding(kind, format!("{name} was left out: {error}.")));
                    continue;
                }
            };
            if file.is_dir() || file.is_symlink() {
                continue;
            }
            if let Some(content) = self.member(file, &name)? {
                self.keep(&name, &content, depth)?;
            }
        }
        Ok(())
    }

    /// The content of one member; None when it was left out.
    fn member<R: Read>(&mut self, file: ZipFile<'_, R>, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let packed = file.compressed_size().max(1);
        let left = self.limits.archive_total_bytes - self.total;
        let ratio_bytes = packed.saturating_mul(self.limits.archive_ratio).max(RATIO_FLOOR);
        let allowed = left.min(ratio_bytes);
        let mut content = Vec::new();
        if let Err(error) = file.take(allowed + 1).read_to_end(&mut content) {
            self.findings.push(finding("member_damaged", format!("{name} was left out: {error}.")));
            return Ok(None);
        }
        let size = content.len() as u64;
        if size > allowed {
            let detail = if allowed == left {
                format!(
                    "The archive unpacks to more than the {} MB that are allowed.",
                    self.limits.archive_total_bytes >> 20
                )
            } else {
                format!(
                    "{name} unpacks to more than {} times its size, as only a bomb does.",
                    self.limits.archive_ratio
                )
            };
            return Err(ExtractError::new(ErrorCode::ArchiveBomb, detail));
        }
        self.total += size;
        Ok(Some(content))
    }

    fn keep(&mut self, name: &str, content: &[u8], depth: u32) -> Result<(), ExtractError> {
        if media::sniff(content, name) == MediaType::Zip {
            if depth >= self.limits.archive_depth {
                self.skipped_deep += 1;
                let detail = format!("{name} was left out: archives may be nested {} deep.", self.limits.archive_depth);
                self.findings.push(finding("archive_too_deep", detail));
                return Ok(());
            }
            return match self.archive(content, depth + 1) {
                Err(error) if error.code == ErrorCode::Damaged => {
                    self.findings.push(finding("member_damaged", format!("{name} was left out: {error}")));
                    Ok(())
                }
                other => other,
            };
        }
        if content.len() as u64 > self.limits.document_bytes {
            let limit = self.limits.document_bytes >> 20;
            let detail = format!("{name} was left out: a document may have {limit} MB.");
            self.findings.push(finding("member_too_large", detail));
            return Ok(());
        }
        self.entries += 1;
        if self.entries > self.limits.archive_entries {
            return Err(self.too_many(self.entries));
        }
        (self.give)(name, content)
    }

    fn too_many(&self, count: usize) -> ExtractError {
        let detail =
            format!("The archive holds {count} files or more; at most {} are allowed.", self.limits.archive_entries);
        ExtractError::new(ErrorCode::ArchiveTooMany, detail)
    }
}

/// The last part of a member's path, fit to show; None for what operating systems leave in archives.
fn label(raw: &str) -> Option<String> {
    let mut parts = raw.split(['/', '\\']).filter(|part| !part.is_empty());
    if parts.clone().any(|part| part == "__MACOSX") {
        return None;
    }
    let last = parts.next_back()?;
    let visible: String = last.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    let junk = ["thumbs.db", "desktop.ini"].contains(&visible.to_ascii_lowercase().as_str());
    if visible.starts_with('.') || visible.trim().is_empty() || junk { None } else { Some(visible) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_never_a_path() {
        assert_eq!(label("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(label("C:\\Users\\a\\cv.pdf").as_deref(), Some("cv.pdf"));
        assert_eq!(label("/abs/ré\u{7}sumé.pdf").as_deref(), Some("résumé.pdf"));
        assert_eq!(label(&"x".repeat(5000)).map(|name| name.len()), Some(NAME_CHARS));
    }

    #[test]
    fn what_systems_leave_behind_is_skipped() {
        for name in ["__MACOSX/._cv.pdf", "a/.DS_Store", "..", "", "/", "x/Thumbs.db"] {
            assert_eq!(label(name), None, "{name}");
        }
    }
}
