/** A capability by the one name that it has for the Engine: `net_admin` is `CAP_NET_ADMIN`; `ALL` is all of them. */
export function capability(value: string): string {
  const name = value.toUpperCase()
  return name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`
}
