//! The cage holds: proven from inside.

use super::{extractor, fixtures, read};

#[tokio::test]
async fn the_child_has_no_network_and_sees_no_files_but_its_own() {
    let result = extractor().sandbox_self_test().await.unwrap();
    assert!(result.network_closed, "{result:?}");
    assert!(result.programs_run, "{result:?}");
    if result.sandbox.iter().any(|layer| layer == "Landlock") {
        assert!(result.files_unreadable && result.files_unwritable, "{result:?}");
        assert!(result.holds());
    }
}

#[tokio::test]
async fn each_document_says_which_layers_held() {
    let found = read(fixtures::pdf(&["Ana Lima"]), "cv.pdf").await;
    assert_eq!(found.sandbox[0], "resource limits");
    assert!(found.sandbox.len() >= 5, "{:?}", found.sandbox);
}

#[tokio::test]
async fn nothing_is_left_in_the_temporary_directory() {
    let documents = || -> Vec<_> {
        let paths = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten().map(|entry| entry.path());
        paths.filter(|path| path.join("document.pdf").exists()).collect()
    };
    let before = documents();
    read(fixtures::pdf(&["Ana Lima"]), "cv.pdf").await;
    // Other tests run beside this one; what they have open goes away.
    for _ in 0..100 {
        if documents().iter().all(|path| before.contains(path)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("left behind: {:?}", documents());
}

#[test]
fn what_readers_of_a_killed_process_left_is_removed_and_nothing_else() {
    let make = |process: &str| {
        let prefix = format!("talentprompt-{process}-");
        tempfile::Builder::new().prefix(&prefix).tempdir().unwrap().keep()
    };
    // Process ids end at 2^22 (proc(5), pid_max).
    let (dead, alive, other) = (make("4194999"), make(&std::process::id().to_string()), make("notes"));
    talentprompt::gateways::extract::sweep();
    assert!(!dead.exists() && alive.exists() && other.exists());
    std::fs::remove_dir(alive).unwrap();
    std::fs::remove_dir(other).unwrap();
}
