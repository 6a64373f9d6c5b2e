//! Workspaces: tenants, and those that belong to nobody.

/// Whether the workspace of this name is one that `eval` made to measure in: `eval` and the print of a corpus. It stands
/// for no team, so an appliance that has no other has not been set up, and no command means it unless it is named.
pub fn is_scratch(name: &str) -> bool {
    name.strip_prefix("eval ")
        .is_some_and(|print| print.len() == 16 && print.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use super::is_scratch;

    #[test]
    fn a_team_that_evaluates_is_no_scratch_workspace() {
        assert!(is_scratch("eval 0123456789abcdef"));
        for name in ["eval", "eval team", "Eval 0123456789abcdef", "eval 0123456789ABCDEF", "Acme"] {
            assert!(!is_scratch(name), "{name}");
        }
    }
}
