read -r line
echo '{"id": 1, "error": {"message": "the queue is full", "retry": true}}'
