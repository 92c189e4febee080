export function withRoom(content: Buffer): Buffer
export function align(blob: Buffer, rooms: readonly Buffer[]): void
export function refuseUnaligned(file: Buffer, rooms: readonly Buffer[]): void
