//! The integration tests, one module a subject, in one binary so that it links once.
