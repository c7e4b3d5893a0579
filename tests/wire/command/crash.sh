read -r line
echo "Traceback: no module named bot (token $TOKEN)" >&2
exit 1
