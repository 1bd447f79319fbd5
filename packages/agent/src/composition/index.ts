export { compose, type ComposeOptions, type Composition } from "./compose.ts";
export { CompositionError, type CompositionErrorCode } from "./composition-error.ts";
export { type Module, provide, type Provider, type Resolve } from "./module.ts";
export { type Token, token } from "./token.ts";
