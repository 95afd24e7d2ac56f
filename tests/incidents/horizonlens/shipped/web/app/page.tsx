export default function Page() {
  return <h1>HorizonLens</h1>;
}
