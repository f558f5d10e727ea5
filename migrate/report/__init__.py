"""Census, diagnostics and mapping as text: Markdown, JSON, unified diffs. Pure functions of a `Result`."""
