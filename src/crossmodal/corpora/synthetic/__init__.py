"""Stand-ins: generators that write the published layouts, with known truth."""
