import { signed } from "../../../lib/auth";

export function GET() {
  const reports = ["orders", "visits"];
  return Response.json({ reports, signature: signed(reports.join()) });
}
