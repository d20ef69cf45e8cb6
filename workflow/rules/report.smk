"""The report: all claims joined, and one self-contained page of everything an edition holds."""

PAGE_FILES = sorted(map(str, Path("src/crossmodal/reporting/page").iterdir()))


rule report:
    input:
        [getattr(rules, f"{paper}_artefacts").output for paper in PAPERS],
        [f"{RESULTS}/{paper}/claims.csv" for paper in PAPERS],
        rules.benchmark_artefacts.output if BENCHMARK_TASKS else [],
        expand(
            "{results}/corpora/{corpus}/{file}",
            results=RESULTS,
            corpus=CORPORA,
            file=["manifest.csv", "sheet.csv", "leakage.csv", "quarantine.csv"]
            + ["contact_sheet.jpg", "listening.json"],
        ),
        [
            f"{RESULTS}/corpora/{corpus}/{kind}/{file}"
            for corpus in WINDOWS
            for kind in WINDOWS[corpus]
            for file in WINDOW_FILES
        ],
        WINDOW_FEATURES,
        SERVING,
        PAGE_FILES,
    output:
        claims=f"{RESULTS}/claims.csv",
        page=f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output.page, parent=True),
        papers=PAPERS,
        missing=as_json(MISSING),
        incomplete=as_json(ABSENT),
        serving=f"--serving {SERVING[0]}" if SERVING else "",
        benchmarks=BENCHMARKS,
        settings=digest_of(PAPER, SETTINGS.edition, EDITION),
        # The papers' own texts (title, citation, deviations) are looked up by name.
        code=source_digest(
            "crossmodal.cli:report",
            "crossmodal.benchmark",
            *(f"crossmodal.papers.{paper}" for paper in SETTINGS.papers),
        ),
    shell:
        "python -m crossmodal --log {log} report {params.papers} --edition {params.edition}"
        " --results {params.results} --missing {params.missing:q} {params.serving}"
        " --incomplete {params.incomplete:q}"
        " --benchmarks {params.benchmarks}"
