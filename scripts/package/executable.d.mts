export function nodeFor(arch: string): Promise<string>
