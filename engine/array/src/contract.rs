//! What every [`ChunkSource`](crate::ChunkSource) promises, as a test that its crate runs.
