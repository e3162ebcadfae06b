// A JSON list of {tex, display} on stdin; a JSON list of {complaint, html} on stdout, the complaint "" for a good formula.
import { readFileSync } from "node:fs";
import katex from "katex";

const strict = (code, message) => {
  // `\cr` and `\\` in a display are what sheets are made of.
  if (code === "newLineInDisplayMode") return "ignore";
  throw new Error(`${code}: ${message}`);
};

const judge = ({ tex, display }) => {
  const options = { displayMode: display, throwOnError: true, strict, trust: false, maxExpand: 1000, output: "html" };
  try {
    return { complaint: "", html: katex.renderToString(tex, options) };
  } catch (error) {
    return { complaint: String(error.message) || "refused", html: "" };
  }
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(judge)));
