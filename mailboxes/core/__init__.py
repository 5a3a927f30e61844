"""Core: words, errors, the Option type, encryption. Knows nothing else of ours."""
