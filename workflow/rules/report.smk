"""The report: all claims joined, and one self-contained page of everything an edition holds."""

ELIGIBLE = ["<results>/papers.json"] if EDITION.own is not None else []


def corpus_files():
    """Return what is made of every corpus: tables, previews, windows, features."""
    files = []
    for corpus, kinds in WINDOWS.items():
        folder = EDITION.results.corpus(corpus)
        files += below(
            folder, "manifest.csv", "summary.csv", "leakage.csv", "quarantine.csv"
        )
        files += below(folder, "contact_sheet.jpg", "audio.json")
        for kind in [None, *kinds]:
            folder = EDITION.results.corpus(corpus, kind)
            files += [] if kind is None else below(folder, *WINDOW_FILES)
            # Those of one's own videos are made when a paper asks for them.
            if EDITION.own is None:
                names = EDITION.features(corpus, kind)
                files += below(
                    folder, *(f"{name}.{s}" for name in names for s in ("json", "npy"))
                )
    return files


def paper_files(wildcards=None):
    """Return every file of every paper that runs."""
    return [
        file
        for paper in served()
        for file in [
            *artefact_files(paper, PLANS[paper].settings.artefacts),
            f"{EDITION.results.paper(paper).root}/claims.csv",
            *evaluated(paper, "scores", "metrics", "examples"),
            *searches(paper),
            *(
                file
                for corpus in PLANS[paper].corpora()
                for file in all_run_files(
                    paper, corpus, "checkpoint.pt", "history.csv", "run.json"
                )
            ),
        ]
    ]


def every_file(wildcards):
    """Return every file of the edition but the page."""
    return [
        *paper_files(),
        *corpus_files(),
        *(artefact_files(BENCHMARK, EDITION.benchmark.artefacts) if TASKS else []),
        *benchmark_files(
            "scores/{task}/{method}.npz",
            "metrics/{task}/{method}.csv",
            "runs/{task}/{method}/run.json",
            "runs/{task}/{method}/trials.csv",
        ),
    ]


# How many windows one's own videos give is not known before they are cut: the workflow asks before
# it trains, a paper they cannot serve is not run, and the report says why.
checkpoint eligible:
    input:
        [
            file
            for kind in WINDOWS.get(OWN_CORPUS, [])
            for file in below(EDITION.results.corpus(OWN_CORPUS, kind), "manifest.csv")
        ],
    output:
        "<results>/papers.json",
    log:
        "<logs>/eligible.log",
    benchmark:
        "<benchmarks>/eligible.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        settings=digest_of({paper: plan.settings for paper, plan in PLANS.items()}),
        code=source_digest(
            "crossmodal.own_videos.eligibility:write_eligible",
            *(f"crossmodal.papers.{paper}.plan" for paper in PLANS),
        ),
    shell:
        "python -m crossmodal eligible --run {RUN_FILE:q} --out {output:q} --log {log:q}"


rule report:
    input:
        lambda wildcards: [
            file
            for paper in served()
            for file in [
                *artefact_files(paper, PLANS[paper].settings.artefacts),
                f"{EDITION.results.paper(paper).root}/claims.csv",
            ]
        ],
        artefact_files(BENCHMARK, EDITION.benchmark.artefacts) if TASKS else [],
        corpus_files(),
        ELIGIBLE,
        sorted(map(str, Path("src/crossmodal/reporting/page").iterdir())),
    output:
        claims="<results>/claims.csv",
        page="<results>/report.html",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        missing=EDITION.missing,
        incomplete=EDITION.incomplete,
        settings=digest_of([plan.settings for plan in PLANS.values()], EDITION.edition),
        # The papers' own texts (title, citation, deviations) are looked up by name.
        code=source_digest(
            "crossmodal.edition_report:write_edition_report",
            "crossmodal.benchmark",
            *(f"crossmodal.papers.{paper}" for paper in PLANS),
        ),
    shell:
        "python -m crossmodal report --run {RUN_FILE:q} --log {log:q}"
