import { familyName, type IpFamily } from "@heddle/contracts";
import type { LabProbe } from "@heddle/lab";
import type { Cell, Matrix } from "./matrix.ts";

/** How text is set off; without colours it is left as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function createStyle(colours: boolean): Style {
  const code = (start: number, end: number) => (text: string) =>
    colours ? `\u001b[${String(start)}m${text}\u001b[${String(end)}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) };
}

const cellWidth = 6;

/** Who reaches whom, a table per family; rows reach columns, which are numbered as the rows are. */
export function drawMatrix(matrix: Matrix, style: Style): readonly string[] {
  const nameWidth = Math.max(...matrix.probes.map(({ name }) => name.length));
  const nodeWidth = Math.max(...matrix.probes.map((probe) => placeOf(probe).length));
  return matrix.families.flatMap((family) => [
    style.bold(headingOf(matrix, family, nameWidth, nodeWidth)),
    ...matrix.probes.map((from, row) => {
      const label = [
        String(row + 1).padStart(2),
        from.name.padEnd(nameWidth),
        style.dim(placeOf(from).padEnd(nodeWidth)),
      ];
      const cells = matrix.probes.map((to) =>
        drawCell(matrix.cell(from, to, family), from === to, style),
      );
      return `${label.join("  ")} ${cells.join("")}`;
    }),
    "",
  ]);
}

function headingOf(matrix: Matrix, family: IpFamily, nameWidth: number, nodeWidth: number): string {
  const label = `${familyName(family)}, ms`.padEnd(nameWidth + nodeWidth + 7);
  const numbers = matrix.probes.map((_, column) => String(column + 1).padStart(cellWidth));
  return label + numbers.join("");
}

function placeOf({ node }: LabProbe): string {
  return node ?? "outside";
}

function drawCell(cell: Cell | undefined, isSelf: boolean, style: Style): string {
  if (isSelf) return style.dim("-".padStart(cellWidth));
  if (cell === undefined) return style.dim("...".padStart(cellWidth));
  if (!cell.reached) return style.bad("FAIL".padStart(cellWidth));
  return style.good(cell.latency.toFixed(cell.latency < 10 ? 2 : 1).padStart(cellWidth));
}
