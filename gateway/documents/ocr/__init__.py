"""Words out of pictures of pages, by Tesseract with its Vietnamese model.  Pure, once the model is loaded."""
