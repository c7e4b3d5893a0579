read -r line
echo '{"id": 1, "tool_calls": [{"id": "c1", "name": "refund", "arguments": {"order": "A-17"}}]}'
