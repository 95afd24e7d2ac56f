export function GET() {
  return Response.json({ reports: ["orders", "visits"] });
}
