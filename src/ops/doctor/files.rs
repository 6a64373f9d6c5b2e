//! The files an operator touches: are they readable by those who need them, and by nobody else?

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Finding, Scene};

pub(super) fn checks(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = vec![configuration(scene.file)];
    if let Some(folder) = scene.file.and_then(Path::parent) {
        findings.extend(credentials(&folder.join("credentials")));
    }
    findings.push(model(&scene.config.model_dir()));
    findings.push(public_url(scene));
    findings
}

fn configuration(file: Option<&Path>) -> Finding {
    const NAME: &str = "configuration";
    let Some(path) = file else { return Finding::ok(NAME, "no file; the defaults apply") };
    match fs::metadata(path) {
        Err(error) => Finding::error(NAME, error.to_string(), "it cannot be read", format!("ls -l {}", path.display())),
        Ok(found) => Finding::expect(
            found.mode() & 0o022 == 0,
            NAME,
            format!("{} has mode {:o}", path.display(), found.mode() & 0o777),
            "others can change what the appliance does",
            &format!("chmod go-w {}", path.display()),
        ),
    }
}

fn credentials(folder: &Path) -> Vec<Finding> {
    const NAME: &str = "credentials";
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let closed = |found: &Metadata| found.mode().trailing_zeros() >= 6;
    let mut findings = Vec::new();
    for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
        let (path, Ok(found)) = (entry.path(), entry.metadata()) else { continue };
        let saw = format!("{} has mode {:o}", path.display(), found.mode() & 0o777);
        let todo = format!("chmod 600 {}", path.display());
        findings.push(if found.len() == 0 {
            let todo = format!("write the secret into {}, or remove it", path.display());
            Finding::error(NAME, format!("{} is empty", path.display()), "an empty secret opens nothing", todo)
        } else if closed(&found) {
            Finding::ok(NAME, saw)
        } else {
            Finding::error(NAME, saw, "others on this machine can read the secret", todo)
        });
    }
    findings
}

fn model(folder: &Path) -> Finding {
    const NAME: &str = "embedding model";
    let missing = ["model.safetensors", "tokenizer.json"].into_iter().find(|name| !folder.join(name).is_file());
    match missing {
        None => Finding::ok(NAME, folder.display().to_string()),
        Some(name) => Finding::error(
            NAME,
            format!("{} is not there", folder.join(name).display()),
            "neither resumes nor queries can be understood by their meaning",
            "apt install talentprompt-model-all-minilm-l6-v2, or mend `[embedding] model_dir`",
        ),
    }
}

fn public_url(scene: &Scene<'_>) -> Finding {
    let url = scene.config.public_url();
    let local = ["//127.", "//localhost", "//[::1]"].iter().any(|host| url.contains(host));
    let means = "passwords and resumes cross the network unencrypted, and browsers refuse the session's cookie";
    let todo = "serve https by `[tls] mode`, or set `[server] public_url` to the https address of the proxy in front";
    Finding::expect(url.starts_with("https://") || local, "public address", url, means, todo)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::ops::doctor::Level;

    #[test]
    fn a_secret_that_others_can_read_or_that_is_empty_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let level = |text: &str, mode: u32| {
            let path = folder.path().join("vector.api_key");
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            credentials(folder.path())[0].level
        };
        assert_eq!(level("secret", 0o600), Level::Ok);
        assert_eq!(level("secret", 0o644), Level::Error);
        assert_eq!(level("", 0o600), Level::Error);
    }
}
