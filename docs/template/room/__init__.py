"""My paper: image and text features side by side in one space, a template to start from."""

TITLE = "My paper: a common space of images and texts"
CITATION = "A. Author, “My Paper”, Conference 2026."
DEVIATIONS = ["The paper leaves the temperature open; here it is 0.1."]
