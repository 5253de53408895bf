import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ConveyorError } from '../errors.ts';

/** Where a server listens when nobody says otherwise: every address of both families, or IPv4 alone without IPv6. */
export function anyHost(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

/** `host:port`, an IPv6 host in brackets. */
export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Loopback of either family, also as IPv4 in IPv6. */
export function isLoopback(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Whether a peer is on this machine. @param peer as grpc-js names it: always with a port, IPv6 with or without brackets. */
export function isLoopbackPeer(peer: string): boolean {
  return isLoopback(peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}

/** What an address that cannot be listened on is: FAILED_PRECONDITION, with its name. */
export function notListening(address: string, reason: string, cause: unknown): ConveyorError {
  return new ConveyorError('FAILED_PRECONDITION', `cannot listen on ${address}: ${reason}`, { cause });
}
