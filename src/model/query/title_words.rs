//! Words titles are made of, and words that look so but are not; kept apart from the rules that use them.

/// Words titles end in, folded.
const HEADS: &str = include_str!("title_heads.txt");
/// Words that are no part of a title before its head, folded.
const STOPS: &str = include_str!("title_stops.txt");

/// Whether titles end in `word` (folded, singular).
pub(super) fn is_head(word: &str) -> bool {
    HEADS.split_whitespace().any(|head| head == word)
}

/// Whether `word` (folded) before a head is no part of the title.
pub(super) fn is_aside(word: &str) -> bool {
    STOPS.split_whitespace().any(|stop| stop == word)
}

/// Ends of one word that make it a title: "storekeeper", "Lagerleiterin".
pub(super) const ENDINGS: &[&str] = &[
    "keeper",
    "woman",
    "tradesman",
    "craftsman",
    "foreman",
    "leiter",
    "leiterin",
    "beraterin",
    "technikerin",
    "ingenieurin",
    "entwicklerin",
    "fachkraft",
    "sachbearbeiter",
    "sachbearbeiterin",
    "mitarbeiter",
    "mitarbeiterin",
    "mechaniker",
    "pfleger",
    "pflegerin",
    "verkaufer",
    "verkauferin",
    "lehrerin",
    "fahrerin",
    "kauffrau",
    "kaufmann",
    "assistentin",
    "therapeut",
    "therapeutin",
    "beauftragte",
    "planerin",
    "betreuerin",
    "meisterin",
    "monteurin",
];
/// What stands before a field in titles like "head of purchasing".
pub(super) const HEADED: &[&str] =
    &["head of", "chief of", "director of", "vp of", "manager of", "leiter der", "leiterin der", "leiter des"];
/// General titles that take the technology before them into their name, with their usual English word.
pub(super) const GENERAL: &[(&str, &str)] = &[
    ("developer", "developer"),
    ("developers", "developer"),
    ("engineer", "engineer"),
    ("engineers", "engineer"),
    ("programmer", "programmer"),
    ("programmers", "programmer"),
    ("entwickler", "developer"),
    ("entwicklerin", "developer"),
    ("consultant", "consultant"),
    ("berater", "consultant"),
    ("architect", "architect"),
    ("architekt", "architect"),
    ("architektin", "architect"),
    ("administrator", "administrator"),
    ("dev", "developer"),
    ("devs", "developer"),
    ("softwareentwickler", "developer"),
    ("specialist", "specialist"),
    ("analyst", "analyst"),
    ("coder", "developer"),
    ("admin", "administrator"),
    ("admins", "administrator"),
    ("ingenieur", "engineer"),
    ("programmierer", "programmer"),
    ("tester", "tester"),
    ("researcher", "researcher"),
    ("scientist", "scientist"),
    ("trainer", "trainer"),
    ("manager", "manager"),
    ("designer", "designer"),
    ("assistant", "assistant"),
    ("clerk", "clerk"),
    ("officer", "officer"),
    ("coordinator", "coordinator"),
    ("supervisor", "supervisor"),
    ("technician", "technician"),
    ("instructor", "instructor"),
    ("driver", "driver"),
    ("editor", "editor"),
    ("producer", "producer"),
    ("broker", "broker"),
    ("writer", "writer"),
];
/// Kinds of skills, and skills, that say of an architect that software is what they design.
pub(super) const SOFTWARE: &[&str] = &[
    "programming-languages",
    "cloud-platforms",
    "container-technologies",
    "database-management-systems",
    "web-frameworks",
    "message-queues",
    "ci-cd-tools",
    "erp-systems",
    "crm-systems",
    "microservices",
    "devops",
    "rest-apis",
    "software-architecture",
    "saas",
];
/// Single words that are titles only when the query means a person by them.
pub(super) const LOOSE: &[&str] = &[
    "server",
    "driver",
    "editor",
    "producer",
    "model",
    "pilot",
    "guide",
    "host",
    "trader",
    "illustrator",
    "packer",
    "picker",
    "printer",
    "cutter",
    "quant",
    "agent",
    "sales",
    "founder",
    "engineer",
    "manager",
    "author",
    "judge",
    "coach",
    "partner",
    "director",
    "officer",
    "analyst",
    "consultant",
    "administrator",
    "technician",
    "trainer",
    "interpreter",
    "broker",
    "buyer",
    "scientist",
    "researcher",
    "professor",
    "doctor",
    "controller",
];
