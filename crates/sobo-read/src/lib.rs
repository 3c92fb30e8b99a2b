//! Line recognisers behind one trait: the neural reader and Tesseract, with decoding and calibrated confidence.
