"""Census, diagnostics and mapping as text: Markdown, JSON."""
