/** A card that the payment provider keeps: we know its token and what it is called, never its number. */
export interface StoredCard {
  token: string;
  label: string;
}

/** The sandbox provider's cards, by what happens to them; their names are under `card` in the messages. */
export const sandboxTokens = ['tok_ok', 'tok_insufficient_funds', 'tok_expired_card', 'tok_do_not_honour', 'tok_timeout'] as const;
