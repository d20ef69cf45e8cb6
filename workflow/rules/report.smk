"""The report: all claims joined, and one self-contained page of everything an edition holds."""

ELIGIBLE = ["<results>/papers.json"] if EDITION.own is not None else []


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
        run=RUN_FILE,
        settings=digest_of({paper: plan.settings for paper, plan in PLANS.items()}),
        code=source_digest(
            "crossmodal.own_videos.eligibility:write_eligible",
            *(f"crossmodal.papers.{paper}.plan" for paper in PLANS),
        ),
    shell:
        "python -m crossmodal eligible --run {params.run:q} --out {output:q} --log {log:q}"


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
        run=RUN_FILE,
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
        "python -m crossmodal report --run {params.run:q} --log {log:q}"


# For commands that people type before anything has run; a run writes it by itself (`onstart`).
rule settings:
    output:
        "<results>/run.yaml",
    log:
        "<logs>/settings.log",
    conda:
        ENVIRONMENT
    params:
        content=as_json(EDITION.as_dict()),
    shell:
        "python -m crossmodal settings {params.content:q} --out {output:q} --log {log:q}"
