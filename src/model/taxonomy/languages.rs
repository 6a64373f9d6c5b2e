//! Natural languages by their English, German and own names, to ISO 639-1 codes.

use std::sync::OnceLock;

use super::{
    Mention,
    table::Table,
    tokens::{Gap, Token, key, tokens},
};

/// Code, English name, other names.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "English", "Englisch|Englische|Englischen|englischsprachig|englischkenntnisse|anglais|inglés"),
    ("de", "German", "Deutsch|Deutsche|Deutschen|deutschsprachig|deutschkenntnisse|allemand|alemán"),
    ("fr", "French", "Französisch|französischkenntnisse|Français|francais"),
    ("es", "Spanish", "Spanisch|Español|castellano|spanischkenntnisse"),
    ("it", "Italian", "Italienisch|Italiano|italienischkenntnisse"),
    ("pt", "Portuguese", "Portugiesisch|Português|brazilian portuguese"),
    ("nl", "Dutch", "Niederländisch|Holländisch|Nederlands|flemish|flämisch"),
    ("pl", "Polish", "Polnisch|Polski"),
    ("cs", "Czech", "Tschechisch|Čeština"),
    ("sk", "Slovak", "Slowakisch"),
    ("hu", "Hungarian", "Ungarisch|Magyar"),
    ("ro", "Romanian", "Rumänisch|Română"),
    ("bg", "Bulgarian", "Bulgarisch|български"),
    ("hr", "Croatian", "Kroatisch|Hrvatski"),
    ("sr", "Serbian", "Serbisch|Srpski"),
    ("bs", "Bosnian", "Bosnisch"),
    ("sl", "Slovenian", "Slowenisch|Slovene"),
    ("sq", "Albanian", "Albanisch|Shqip"),
    ("el", "Greek", "Griechisch|Ελληνικά"),
    ("tr", "Turkish", "Türkisch|Türkçe"),
    ("ru", "Russian", "Russisch|Русский"),
    ("uk", "Ukrainian", "Ukrainisch|Українська"),
    ("sv", "Swedish", "Schwedisch|Svenska"),
    ("da", "Danish", "Dänisch|Dansk"),
    ("no", "Norwegian", "Norwegisch|Norsk"),
    ("fi", "Finnish", "Finnisch|Suomi"),
    ("is", "Icelandic", "Isländisch"),
    ("et", "Estonian", "Estnisch"),
    ("lv", "Latvian", "Lettisch"),
    ("lt", "Lithuanian", "Litauisch"),
    ("ar", "Arabic", "Arabisch|العربية"),
    ("he", "Hebrew", "Hebräisch|עברית"),
    ("fa", "Persian", "Farsi|Persisch|فارسی|dari"),
    ("ku", "Kurdish", "Kurdisch"),
    ("hi", "Hindi", "हिन्दी"),
    ("ur", "Urdu", "اردو"),
    ("bn", "Bengali", "Bangla|Bengalisch"),
    ("pa", "Punjabi", "Panjabi"),
    ("ta", "Tamil", ""),
    ("te", "Telugu", ""),
    ("mr", "Marathi", ""),
    ("gu", "Gujarati", ""),
    ("zh", "Chinese", "Mandarin|Chinesisch|Cantonese|Kantonesisch|中文|普通话|mandarin chinese"),
    ("ja", "Japanese", "Japanisch|日本語"),
    ("ko", "Korean", "Koreanisch|한국어"),
    ("vi", "Vietnamese", "Vietnamesisch|Tiếng Việt"),
    ("th", "Thai", "Thailändisch|ไทย"),
    ("id", "Indonesian", "Indonesisch|Bahasa Indonesia"),
    ("ms", "Malay", "Malaiisch"),
    ("tl", "Tagalog", "Filipino"),
    ("sw", "Swahili", "Suaheli"),
    ("am", "Amharic", "Amharisch"),
    ("so", "Somali", ""),
    ("af", "Afrikaans", ""),
    ("ga", "Irish", "Gaelic|Irish Gaelic"),
    ("cy", "Welsh", "Walisisch"),
    ("ca", "Catalan", "Katalanisch|Català"),
    ("eu", "Basque", "Baskisch"),
    ("gl", "Galician", ""),
    ("ka", "Georgian", "Georgisch"),
    ("hy", "Armenian", "Armenisch"),
    ("az", "Azerbaijani", "Aserbaidschanisch"),
    ("kk", "Kazakh", "Kasachisch"),
    ("mk", "Macedonian", "Mazedonisch"),
    ("la", "Latin", "Latein"),
    ("lb", "Luxembourgish", "Luxemburgisch"),
    ("mt", "Maltese", "Maltesisch"),
];

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for (index, (_, label, others)) in LANGUAGES.iter().enumerate() {
            for name in std::iter::once(*label).chain(others.split('|')) {
                table.add(name, index);
            }
        }
        table
    })
}

/// The ISO 639-1 code of a language's English, German or own name.
pub fn resolve(name: &str) -> Option<&'static str> {
    if name.len() > 100 {
        return None;
    }
    table().get(&key(name)).map(|i| LANGUAGES[i].0)
}

/// The English name of an ISO 639-1 code.
pub fn label(code: &str) -> Option<&'static str> {
    LANGUAGES.iter().find(|l| l.0 == code).map(|l| l.1)
}

/// Languages whose English name begins with `prefix`, as (code, name), at most `limit`.
pub fn suggest(prefix: &str, limit: usize) -> Vec<(&'static str, &'static str)> {
    let prefix = prefix.to_lowercase();
    let known = LANGUAGES.iter().filter(|language| language.1.to_lowercase().starts_with(&prefix));
    known.map(|language| (language.0, language.1)).take(limit).collect()
}

/// The languages named in `text`; a mention's id is the code. A name may stand for a people too: the caller judges.
pub fn mentions(text: &str) -> Vec<Mention<'static>> {
    mentions_in(&tokens(text))
}

fn mentions_in(tokens: &[Token]) -> Vec<Mention<'static>> {
    table()
        .scan(tokens, Gap::Line)
        .into_iter()
        .map(|h| Mention {
            id: LANGUAGES[h.index as usize].0,
            start: tokens[h.first].start,
            end: tokens[h.last - 1].end,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_resolve_by_all_their_names() {
        assert_eq!(
            [resolve("German"), resolve("DEUTSCH"), resolve("français"), resolve("日本語")],
            [Some("de"), Some("de"), Some("fr"), Some("ja")]
        );
        assert_eq!(resolve("Klingon"), None);
        assert_eq!(label("tr"), Some("Turkish"));
        assert_eq!(mentions("Deutsch C1, English fluent").iter().map(|m| m.id).collect::<Vec<_>>(), ["de", "en"]);
    }
}
