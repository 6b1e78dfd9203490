//! Segments: evaluated again only where something can have changed, and what is shown of them.

mod incremental;
