"""One's own videos: which papers the windows that were cut out of them are enough for.

The workflow asks before it trains: a paper they cannot serve is not run, and the report says why.
"""

SERVING = []

if OWN is not None:
    SERVING = [f"{RESULTS}/papers.json"]

    checkpoint serves:
        input:
            entry=f"{corpus_folder(OWN_CORPUS)}/corpus.yaml",
            windows=[
                f"{RESULTS}/corpora/{OWN_CORPUS}/{kind}/manifest.csv"
                for kind in WINDOWS[OWN_CORPUS]
            ],
        output:
            SERVING,
        log:
            f"{LOGS}/serves.log",
        benchmark:
            f"{BENCHMARKS}/serves.tsv"
        conda:
            ENVIRONMENT
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            folder=subpath(input.entry, parent=True),
            settings=digest_of(PAPER),
            code=source_digest(
                "crossmodal.cli:serves",
                *(f"crossmodal.papers.{paper}.needs" for paper in PAPERS),
            ),
        shell:
            "python -m crossmodal --log {log} serves --folder {params.folder}"
            " --windows {input.windows} --out {output}"
