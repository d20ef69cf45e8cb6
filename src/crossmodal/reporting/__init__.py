"""Tables, figures, claims and the report page, made from files of results alone."""
