import type { Service } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  compose,
  CompositionError,
  type Module,
  provide,
  type Provider,
  type Resolve,
  token,
} from "./index.ts";

function recorder(name: string, log: string[], failing = false): Service {
  const close = async (): Promise<void> => void log.push(`close ${name}`);
  return {
    start: async () => {
      log.push(`start ${name}`);
      if (failing) throw new Error(`${name} fails`);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const store = token<Service>("store");
const server = token<Service>("server");
const clock = token<{ readonly now: number }>("clock");

function twoServices(log: string[], failing = ""): Module[] {
  return [
    {
      name: "serving",
      providers: [
        provide(server, (get) => {
          get(store);
          return recorder("server", log, failing === "server");
        }),
      ],
    },
    {
      name: "storage",
      providers: [
        provide(store, () => recorder("store", log, failing === "store")),
        provide(clock, () => ({ now: 7 })),
      ],
    },
  ];
}

/** Makes a service that needs the store. */
function dependent(service: Service): (get: Resolve) => Service {
  return (get) => {
    get(store);
    return service;
  };
}

describe("a composition", () => {
  it("starts what is needed before what needs it, and closes in reverse", async () => {
    const log: string[] = [];
    const composition = compose(twoServices(log));
    await composition.start();
    await Promise.all([composition.close(), composition.close()]);
    expect(log).toEqual(["start store", "start server", "close server", "close store"]);
  });

  it("makes each thing once and gives it by its token", () => {
    const composition = compose(twoServices([]));
    expect(composition.resolve(clock).now).toBe(7);
    expect(composition.resolve(store)).toBe(composition.resolve(store));
  });

  it("closes what had started when a start fails", async () => {
    const log: string[] = [];
    await expect(compose(twoServices(log, "server")).start()).rejects.toThrow("server fails");
    expect(log).toEqual(["start store", "start server", "close server", "close store"]);
  });

  it("does not close what had not been started", async () => {
    const log: string[] = [];
    await expect(compose(twoServices(log, "store")).start()).rejects.toThrow("store fails");
    expect(log).toEqual(["start store", "close store"]);
  });

  it("closes what is left when a close fails, and tells of it at the end", async () => {
    const log: string[] = [];
    const broken: Service = {
      ...recorder("server", log),
      close: () => Promise.reject(new Error("it is stuck")),
    };
    const composition = compose(twoServices(log), {
      replace: [provide(server, dependent(broken))],
    });
    await composition.start();
    await expect(composition.close()).rejects.toThrow("it is stuck");
    expect(log).toEqual(["start store", "start server", "close store"]);
  });

  it("tells why it did not start, whatever becomes of closing", async () => {
    const broken: Service = {
      ...recorder("server", [], true),
      close: () => Promise.reject(new Error("it is stuck")),
    };
    const composition = compose(twoServices([]), { replace: [provide(server, dependent(broken))] });
    await expect(composition.start()).rejects.toThrow("server fails");
    await expect(composition.close()).rejects.toThrow("it is stuck");
  });

  it("takes a replacement for one of its parts", () => {
    const replace = [provide(clock, () => ({ now: 8 }))];
    expect(compose(twoServices([]), { replace }).resolve(clock).now).toBe(8);
  });

  it("keeps compositions of the same modules apart", () => {
    const modules = twoServices([]);
    expect(compose(modules).resolve(store)).not.toBe(compose(modules).resolve(store));
  });
});

function failure(modules: readonly Module[], replace: readonly Provider[] = []): CompositionError {
  try {
    compose(modules, { replace });
  } catch (error) {
    if (error instanceof CompositionError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("modules that do not fit are refused:", () => {
  it("one token from two modules", () => {
    const [serving] = twoServices([]);
    const copy: Module = { name: "copy", providers: serving?.providers ?? [] };
    const error = failure([...twoServices([]), copy]);
    expect(error.code).toBe("provided-twice");
    expect(error.reason).toBe("the modules serving and copy both provide it");
  });

  it("a token that nobody provides", () => {
    const error = failure(twoServices([]).slice(0, 1));
    expect(error.code).toBe("not-provided");
    expect(error.subject).toBe("store");
  });

  it("a replacement of nothing", () => {
    expect(failure([], [provide(clock, () => ({ now: 1 }))]).code).toBe("not-provided");
  });

  it("a circle", () => {
    const circle: Module = {
      name: "circle",
      providers: [provide(store, (get) => get(server)), provide(server, (get) => get(store))],
    };
    expect(failure([circle]).code).toBe("needs-itself");
  });
});
