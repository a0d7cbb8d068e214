import { HarangBell, HarangProvider, useConnection, useHarangEvent } from '@harang/react';
import '@harang/react/bell.css';
import { useState, type FormEvent } from 'react';
import { refresh, signIn, token, url, type User } from './session';

function SignIn({ onSignedIn }: { onSignedIn: (user: User) => void }) {
  const [error, setError] = useState('');
  const handleSubmit = (submitted: FormEvent<HTMLFormElement>) => {
    submitted.preventDefault();
    const form = new FormData(submitted.currentTarget);
    signIn(String(form.get('email')), String(form.get('password'))).then(onSignedIn, (reason) =>
      setError(String(reason)),
    );
  };
  return (
    <form onSubmit={handleSubmit}>
      <input name="email" type="email" required />
      <input name="password" type="password" required />
      <button>Sign in</button>
      <p role="alert">{error}</p>
    </form>
  );
}

function Status() {
  const status = useConnection((connection) => connection.status);
  const [last, setLast] = useState('');
  useHarangEvent('rental_created', ({ event }) => setLast(event.data.partnerName));
  return (
    <p>
      {status} {last}
    </p>
  );
}

export default function App() {
  const [user, setUser] = useState<User | null>(null);
  if (!user) return <SignIn onSignedIn={setUser} />;
  return (
    <HarangProvider url={url} user={user} token={token} refresh={refresh} onSignedOut={() => setUser(null)}>
      <HarangBell language="en" />
      <Status />
    </HarangProvider>
  );
}
