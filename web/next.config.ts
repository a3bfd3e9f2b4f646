import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  images: { unoptimized: true },
  poweredByHeader: false,
  generateBuildId: () => process.env.WEB_STAMP ?? "dev",
};

export default config;
