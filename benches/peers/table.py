"""The measurements as Markdown: every time as a ratio, none alone."""

import math

TITLES = {
    "limit": "limit",
    "hyperslab": "Hyperslab",
    "xarray-dask": "xarray + dask",
    "xarray": "xarray",
    "xarray-sql": "xarray-sql",
    "duckdb": "DuckDB",
}
# A criterion counts these together.
FIRST = [f"W{n}" for n in range(1, 12)]


def markdown(record):
    """The ratios, the memory, and how they came about."""
    peers = [c for c in record["contenders"] if c not in ("limit", "hyperslab")]
    questions = record["questions"]
    return "\n\n".join(
        [
            ratios(questions, peers),
            memory(questions, record["contenders"]),
            *faults(questions),
            differences(questions),
            circumstances(record["circumstances"], questions),
            "",
        ]
    ).rstrip() + "\n"


def ratios(questions, peers):
    head = ["", "question", "Hyperslab ÷ limit", *(f"{TITLES[p]} ÷ Hyperslab" for p in peers)]
    head += ["chunks read", "stored MB", "peak MB"]
    lines = []
    for q in questions:
        counts, peak = q["counts"], q["peak"].get("hyperslab")
        lines.append(
            [
                q["id"],
                q["question"],
                cell(ratio(q, "hyperslab", "limit"), 2),
                *(cell(ratio(q, p, "hyperslab"), 1) if p not in q["faults"] else "n/a" for p in peers),
                f"{counts['chunks_read']:.0f}" if counts else "–",
                f"{counts['bytes_stored'] / 2**20:.0f}" if counts else "–",
                f"{peak / 2**20:.0f}" if peak else "–",
            ]
        )
    first = [q for q in questions if q["id"] in FIRST]
    groups = [("geometric mean", questions)]
    if 0 < len(first) < len(questions):
        groups.insert(0, ("geometric mean of W1–W11", first))
    for title, group in groups:
        pairs = [("hyperslab", "limit", 2), *((p, "hyperslab", 1) for p in peers)]
        means = [mean([ratio(q, above, below) for q in group], digits) for above, below, digits in pairs]
        lines.append(["", title, *means, "", "", ""])
    return grid(head, lines)


def memory(questions, contenders):
    head = ["peak MB", *(TITLES[c] for c in contenders)]
    lines = [[q["id"], *(f"{q['peak'][c] / 2**20:.0f}" if c in q["peak"] else "n/a" for c in contenders)] for q in questions]
    return grid(head, lines)


def faults(questions):
    lines = [f"- {q['id']}, {TITLES[c]}: n/a: {fault}" for q in questions for c, fault in q["faults"].items()]
    return ["\n".join(lines)] if lines else []


def differences(questions):
    worst = {}
    for q in questions:
        for contender, difference in q["differences"].items():
            worst[contender] = max(worst.get(contender, 0), difference)
    told = ", ".join(f"{TITLES[c]} {d:.1e}" for c, d in worst.items())
    return f"Largest relative difference from xarray in `float64`: {told or 'none was checked'}."


def circumstances(about, questions):
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    datasets = " and ".join(map(dataset, about["datasets"]))
    fewest = min((q["fewest"] for q in questions), default=0)
    fewer = f" (of at least {fewest} where a contender is slow)" if fewest < about["runs"] else ""
    return (
        f"{about['date']}, {about['cores']} cores ({about['processor']}), {about['memory']}; {datasets}. "
        f"Each answer in a new process, its start included, median of {about['runs']}{fewer}, "
        f"everybody in turn; peak memory is the largest of them. {versions}.\n\n"
        f"```text\n{about['command']}\n```"
    )


def dataset(about):
    shape, chunks = (" × ".join(map(str, about[name])) for name in ("shape", "chunks"))
    return f"`{about['name']}` of {shape} in chunks of {chunks}, {', '.join(about['codecs'])}"


def ratio(question, above, below):
    seconds = question["seconds"]
    return seconds[above] / seconds[below] if above in seconds and below in seconds else None


def mean(numbers, digits):
    """The geometric mean, and of how many where some are missing."""
    known = [n for n in numbers if n]
    if not known:
        return "–"
    count = "" if len(known) == len(numbers) else f" ({len(known)} of {len(numbers)})"
    return cell(math.exp(math.fsum(map(math.log, known)) / len(known)), digits) + count


def cell(number, digits):
    return "–" if number is None else f"{number:.{digits}f}"


def grid(head, lines):
    rule = ["---" if i < 2 and head[0] == "" else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])
