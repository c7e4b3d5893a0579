read -r line
echo '{"id": 1, "text": "You have 30", "stop": "length"}'
