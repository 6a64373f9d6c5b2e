//! The bill as a file for a spreadsheet (RFC 4180): a row for each day, tier, feature, model and member. Money in dollars,
//! with a point, as many digits as it has.

use crate::model::bill::{Part, Sum};
use crate::model::money::Micros;

const HEAD: &str = "day,tier,feature,model,member,calls,from_cache,shared,failed,input_tokens,cached_tokens,output_tokens,\
                    cost_usd,saved_cache_usd,saved_batch_usd,saved_prefix_usd,saved_tier_usd";

/// The rows of [`crate::model::bill::By::Each`] as a file.
pub fn csv(parts: &[Part]) -> String {
    let mut file = format!("{HEAD}\r\n");
    for Part { key, name, sum } in parts {
        let mut cells: Vec<String> = key.split('\t').map(cell).collect();
        // The last is the member's id, which says nothing to people.
        cells.truncate(4);
        cells.push(cell(name));
        let Sum { calls, cached, shared, failed, input_tokens, cached_tokens, output_tokens, .. } = sum;
        let counts = [calls, cached, shared, failed, input_tokens, cached_tokens, output_tokens];
        cells.extend(counts.map(ToString::to_string));
        let sums = [sum.cost, sum.saved_cache, sum.saved_batch, sum.saved_prefix, sum.saved_tier];
        cells.extend(sums.map(dollars));
        file.push_str(&cells.join(","));
        file.push_str("\r\n");
    }
    file
}

fn dollars(sum: Micros) -> String {
    sum.to_string().replace('$', "")
}

/// A cell. What a spreadsheet would take for a formula is made text: a name is whatever somebody calls themselves.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_cell_for_each_column_and_no_formula() {
        let sum = Sum { calls: 2, cached: 1, cost: Micros(3_100_000), saved_cache: Micros(125), ..Sum::default() };
        let key = "2026-11-02\tsimple\tquery\topenai/gpt-5-nano\t0198".to_owned();
        let part = |name: &str| Part { key: key.clone(), name: name.to_owned(), sum };
        let file = csv(&[part("Olga, the \"first\""), part("=1+1")]);
        let lines: Vec<&str> = file.split("\r\n").collect();
        let begin =
            "2026-11-02,simple,query,openai/gpt-5-nano,\"Olga, the \"\"first\"\"\",2,1,0,0,0,0,0,3.10,0.000125,";
        assert!(lines[1].starts_with(begin), "{file}");
        assert_eq!(lines[2].split(',').count(), HEAD.split(',').count());
        assert!(lines[2].contains(",'=1+1,"));
    }
}
