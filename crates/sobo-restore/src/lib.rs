//! Orientation, page edges, deskew, dewarp, background, bleed-through, binarisation and a quality score.
