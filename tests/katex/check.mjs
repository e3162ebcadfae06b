// A JSON list of {tex, display} on stdin; a JSON list of complaints on stdout, "" for a formula that is good.
import { readFileSync } from "node:fs";
import katex from "katex";

const strict = (code, message) => {
  // `\cr` and `\\` in a display are what sheets are made of.
  if (code === "newLineInDisplayMode") return "ignore";
  throw new Error(`${code}: ${message}`);
};

const complaint = ({ tex, display }) => {
  try {
    katex.renderToString(tex, { displayMode: display, throwOnError: true, strict, trust: false, maxExpand: 1000 });
    return "";
  } catch (error) {
    return String(error.message) || "refused";
  }
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(complaint)));
