export const options = JSON.parse('{"vus": 5, "duration": "1m", "tags": {"a": "b"}}');
export default function () {}
