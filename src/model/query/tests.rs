//! Queries and the understanding they should get, as tables.

use super::*;

#[test]
fn an_empty_query_asks_for_nothing() {
    assert_eq!(understand(""), Interpretation::default());
    assert_eq!(understand("???"), Interpretation::default());
}
