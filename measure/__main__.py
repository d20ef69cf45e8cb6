"""`make bench`: every benchmark in one run, each against what a user would otherwise take."""

from measure import (
    bench_alignment,
    bench_captions,
    bench_cmcgan,
    bench_features,
    bench_retrieval,
    bench_workflow,
)

bench_retrieval.main()
bench_features.main()
bench_alignment.main()
bench_captions.main()
bench_cmcgan.main()
bench_workflow.graphs()
bench_workflow.main()
