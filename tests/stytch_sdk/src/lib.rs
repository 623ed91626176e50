//! Nothing here: the tests in `tests/all` are what this package is for.
