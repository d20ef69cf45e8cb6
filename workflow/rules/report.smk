"""The report: all claims joined, and one self-contained page of everything an edition holds."""


rule report:
    input:
        [getattr(rules, f"{paper}_artefacts").output for paper in PAPERS],
        [f"{RESULTS}/{paper}/claims.csv" for paper in PAPERS],
        [f"{RESULTS}/corpora/{corpus}/manifest.csv" for corpus in CORPORA],
        expand("src/crossmodal/reporting/report.{suffix}", suffix=["html.j2", "css", "js"]),
    output:
        claims=f"{RESULTS}/claims.csv",
        page=f"{RESULTS}/report.html",
    params:
        results=RESULTS,
        papers=PAPERS,
        missing=as_json(MISSING),
        settings=digest_of(PAPER, SETTINGS.edition, EDITION),
        code=source_digest("crossmodal.cli:report"),
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "python -m crossmodal --log {log} report {params.papers} {OPTIONS}"
        " --results {params.results} --missing {params.missing:q}"
