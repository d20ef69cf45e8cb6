"""How the features of each corpus or kind of windows are made, a module each."""
