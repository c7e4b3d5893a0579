read -r line
printf '{"id": 1, "text": %s, "usage": {"input": 12, "output": 3}, "model": "echo-1"}\n' "$(printf %s "$line" | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/')"
