import type { Bpf2tsError } from "./bpf2ts-error.ts";
import { type Bpf2tsConfig, configError } from "./config.ts";
import {
  type DescribedObject,
  describeObject,
  type Owned,
  type Report,
} from "./describe-object.ts";
import { checkTypes, type FoundTypes, mapFacts, mergeMaps, throwAll } from "./merge-objects.ts";
import { type FileModel, typesOfMap, typesOfObject } from "./model.ts";

/** Everything that goes into one package's file. */
export interface OwnerModel extends FileModel {
  readonly owner: string;
}

/**
 * Reads all objects and sorts what they hold by the packages that own it.
 *
 * A map that several objects share, because they include its header, must be the same in all of them, and
 * so must every struct and enum. A type that several packages need is in the file of each.
 *
 * @throws {Bpf2tsError} with every problem that was found
 */
export function assignOwners(config: Bpf2tsConfig): readonly OwnerModel[] {
  const problems: Bpf2tsError[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const objects = config.objects.map((source) =>
    describeObject(source, config.domainTypes, report),
  );
  const maps = mergeMaps(
    objects.flatMap((object) => object.maps),
    ({ owner, model }) => ({ owner, ...mapFacts(model) }),
    report,
  );
  checkTypes(objects.map(foundTypes), report);
  throwAll(problems);
  checkOwners(config, objects, report);
  throwAll(problems);
  return Object.keys(config.outputs)
    .toSorted()
    .map((owner) => ({
      owner,
      maps: owned(maps, owner).toSorted((left, right) => (left.name < right.name ? -1 : 1)),
      exports: owned(
        objects.flatMap((object) => object.exports),
        owner,
      ),
      objects: owned(
        objects.map((object) => object.object),
        owner,
      ),
    }));
}

function owned<T>(items: readonly Owned<T>[], owner: string): readonly T[] {
  return items.filter((item) => item.owner === owner).map((item) => item.model);
}

function foundTypes({ object, maps, exports }: DescribedObject): FoundTypes {
  return {
    file: object.file,
    types: [
      ...maps.flatMap((map) => typesOfMap(map.model)),
      ...exports.map((type) => type.model),
      ...typesOfObject(object.model),
    ],
  };
}

function checkOwners(
  { outputs }: Bpf2tsConfig,
  objects: readonly DescribedObject[],
  report: Report,
): void {
  const found = objects.flatMap(({ object, maps, exports }): readonly Owned<unknown>[] => [
    object,
    ...maps,
    ...exports,
  ]);
  for (const { owner, subject, file } of found) {
    if (Object.hasOwn(outputs, owner)) continue;
    const known = Object.keys(outputs).join(", ");
    report(
      configError(
        "outputs",
        `${subject} of ${file} belongs to \`${owner}\`, which has none`,
        `known: ${known}`,
      ),
    );
  }
  const owners = new Set(found.map(({ owner }) => owner));
  for (const owner of Object.keys(outputs).filter((each) => !owners.has(each))) {
    report(configError("outputs", `\`${owner}\` has an output, but owns nothing`, "remove it"));
  }
}
