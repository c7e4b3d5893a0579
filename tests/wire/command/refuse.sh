read -r line
echo '{"id": 1, "error": {"message": "unknown tenant"}}'
