import { createHmac } from "node:crypto";

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const auth = { issuer: "horizonlens", secret: required("AUTH_SECRET") };

export function signed(text: string): string {
  return createHmac("sha256", auth.secret).update(text).digest("hex");
}
