import { note, ok, problem, warning, type Finding } from "./finding.ts";

/**
 * How the box stands to its installer's file.
 * @param stands what its state says
 * @param fault what is wrong with the file as it is now; null: nothing
 */
export function provisionFinding(
  path: string,
  stands: "applied" | "refused" | "new" | "older",
  fault: string | null,
): Finding {
  const subject = "provisioning";
  if (fault !== null) {
    if (stands === "applied" || stands === "older")
      return warning(subject, `${fault} A reset would not find what to begin with: mend the file.`);
    return problem(subject, `${fault} Nothing of it is in force: mend the file, and start the box again.`);
  }
  switch (stands) {
    case "applied":
      return ok(subject, `${path} was applied at the first start`);
    case "refused":
      return problem(
        subject,
        `${path} was refused at the first start, and is well now: start the box again.`,
      );
    case "new":
      return ok(subject, `${path} is well, and applied at the first start`);
    case "older":
      return note(subject, `${path} came after the first start: it counts after \`tellyport reset\`.`);
  }
}
